import { Command, Option } from 'commander';
import { type Flags, type OptionRow, serveOptionRows } from '../config.ts';

function describe(row: OptionRow): string {
  const default_ =
    row.default === null ? '' : ` (default ${row.default}${row.unit === null ? '' : ` ${row.unit}`})`;
  const required = row.required ? ' (required)' : '';
  return `${row.meaning}${default_}${required} [${row.env.join(', ')}]`;
}

/** The `serve` command with every option of the one schema; values stay text until the schema has checked them. */
export function serveCommand(run: (flags: Flags) => Promise<void>): Command {
  const command = new Command('serve')
    .description(
      'Serve the admission webhook, over a live cluster, or over a snapshot or manifests (--snapshot).',
    )
    .allowExcessArguments(false);
  for (const row of serveOptionRows()) {
    const argument = row.repeatable ? `<${row.argument}...>` : `<${row.argument}>`;
    command.addOption(new Option(`${row.flag} ${argument}`, describe(row)));
  }
  return command.action((flags: Flags) => run(flags));
}
