// Tables in Markdown.

export const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

export const table = (heads: readonly string[], rows: readonly string[]): string[] => [
  row(heads),
  row(heads.map(() => '---')),
  ...rows,
]
