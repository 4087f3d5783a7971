import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';

export const configName = '.netsluice.yaml';

/** Gives a command the options by which its config file is chosen. */
export function withConfigOptions(command: Command): Command {
  return command
    .option(
      '--config <FILE>',
      `defaults of options (default: ${configName} here or above, up to the repository)`,
    )
    .option('--no-config', 'read no such file');
}

/** The config file that a command is to read, before anything of it is read; null where there is none. */
export function chosenConfig(command: Command): string | null {
  const chosen: unknown = command.getOptionValue('config');
  if (typeof chosen === 'string') return chosen;
  return chosen === false ? null : findConfig(process.cwd());
}

/** The nearest config file, from a directory upward to the one that holds the repository; null where there is none. */
export function findConfig(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const file = join(folder, configName);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return file;
    if (existsSync(join(folder, '.git')) || dirname(folder) === folder) return null;
  }
}
