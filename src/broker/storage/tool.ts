// What `odradek storage` loads when it is asked for something.

export { formatStorage } from './format.ts'
export { storageInfo } from './info.ts'
