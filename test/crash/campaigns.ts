// The campaigns, the quick ones first.

import { points } from '../crash-points/points.ts'
import type { Campaign } from './campaign.ts'
import { enospc } from './enospc/campaign.ts'
import { files } from './files.ts'
import { kill } from './kill/campaign.ts'
import { torn } from './torn.ts'

export const campaigns: readonly Campaign[] = [torn, files, points, enospc, kill]
