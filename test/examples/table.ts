/** A table as the formatter writes it: every column as wide as its widest cell, and at least three. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill: string) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 3, fill)).join(' | ')} |\n`;
  const [first = [], ...others] = cells;
  const rule = line(
    head.map(() => ''),
    '-',
  );
  return `\n${line(first, ' ')}${rule}${others.map((row) => line(row, ' ')).join('')}\n`;
}
