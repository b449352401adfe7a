/** The version of this package; a test holds it equal to package.json, which a bundled copy may not have beside it. */
export const version = '0.1.0'
