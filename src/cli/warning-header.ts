/**
 * The texts of `Warning` headers as the API server writes them, `299 - "text"`; several come as one header, joined by
 * commas. What is not of that form is left out.
 */
export function parseWarnings(header: string): readonly string[] {
  const quoted = header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g);
  return [...quoted].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
}
