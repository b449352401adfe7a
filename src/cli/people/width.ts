// How many columns of a terminal a text takes: Chinese letters and emoji take two, accents that are put on letters take none.

const ASCII = /^[\x20-\x7e]*$/
/** Those that stand on, or change, the one before. */
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}])$/u

/** Of a text without letters that a terminal obeys. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const letter of text) width += widthOfLetter(letter)
  return width
}

const widthOfLetter = (letter: string) => (NOTHING.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1)

/** The beginning of a text that takes no more than `width` columns, with a mark where something is left out. */
export function cutTo(width: number, text: string): string {
  if (widthOf(text) <= width) return text
  let [kept, taken] = ['', 0]
  for (const letter of text) {
    taken += widthOfLetter(letter)
    if (taken > width - 1) break
    kept += letter
  }
  return `${kept}…`
}
