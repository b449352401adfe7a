// The campaigns, the quick ones first.

import type { Campaign } from './campaign.ts'
import { files } from './files.ts'
import { kill } from './kill/campaign.ts'
import { torn } from './torn.ts'

export const campaigns: readonly Campaign[] = [torn, files, kill]
