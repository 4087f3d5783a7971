/** One `-o NAME[=FILE]`: a format, and the file it goes to instead of standard output. */
export interface Output<Name extends string> {
  readonly name: Name;
  readonly file: string | null;
}

/** Reads the values of `-o`; none means the first format on standard output. At most one may go there. */
export function outputsOf<Name extends string>(
  texts: readonly string[],
  names: readonly [Name, ...Name[]],
): readonly Output<Name>[] | { readonly problem: string } {
  if (texts.length === 0) return [{ name: names[0], file: null }];
  const outputs: Output<Name>[] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const wanted = equals < 0 ? text : text.slice(0, equals);
    const name = names.find((candidate) => candidate === wanted);
    const file = equals < 0 ? null : text.slice(equals + 1);
    if (name === undefined || file === '')
      return { problem: `-o ${text}: it must be ${names.join(' or ')}, with =FILE to write a file.` };
    outputs.push({ name, file });
  }
  if (outputs.filter(({ file }) => file === null).length > 1)
    return {
      problem: '-o: only one format can go to standard output; give the others a file: -o json=FILE.',
    };
  return outputs;
}
