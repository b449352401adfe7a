// A line that the parser of options cannot read.

export class OptionTrouble extends Error {
  override readonly name = 'OptionTrouble'
}
