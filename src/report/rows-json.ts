/** JSON with one row of each list on one line: a big cluster has very many. */
export function rowsJson(document: object): string {
  const parts = Object.entries(document).map(([key, value]: [string, unknown]) => {
    if (!Array.isArray(value) || value.length === 0)
      return `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    const rows = value.map((row) => `    ${JSON.stringify(row)}`);
    return `  ${JSON.stringify(key)}: [\n${rows.join(',\n')}\n  ]`;
  });
  return `{\n${parts.join(',\n')}\n}`;
}
