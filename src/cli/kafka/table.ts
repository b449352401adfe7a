// Tables as some of Kafka's commands print them: columns as wide as their longest word, each with a tab behind it.

export function printTable(
  headers: readonly string[],
  rows: readonly (readonly unknown[])[],
  print: (line: string) => void,
): void {
  const words = rows.map((row) => row.map(String))
  const widths = headers.map((header, at) => words.reduce((width, row) => Math.max(width, row[at]!.length), header.length))
  for (const row of [headers, ...words]) print(row.map((word, at) => `${word.padEnd(widths[at]!)}\t`).join(''))
}
