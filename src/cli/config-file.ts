import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { didYouMean } from '../review/settings.ts';
import { chosenConfig } from './config-place.ts';
import { reasonOf } from './read-inputs.ts';

/** What a repository says once for all: defaults of options that the commands of a command line have. */
export const configSchema = z.strictObject({
  settings: z
    .string()
    .min(1, 'must not be empty')
    .exactOptional()
    .describe('the settings file of the webhook, from this file on'),
  failOn: z
    .enum(['error', 'warning', 'info'], { error: 'must be error, warning or info' })
    .exactOptional()
    .describe('the least severity of findings that end with exit code 1'),
  kubeVersion: z
    .string({ error: 'must be a text such as "1.34"' })
    .regex(/^v?1\.\d{1,3}(?:\.\d+)?$/, 'must be a version such as "1.34"')
    .exactOptional()
    .describe('version of the API server, as a text'),
  complete: z.boolean().exactOptional().describe('everything that exists is in the input'),
  namespace: z
    .string()
    .min(1, 'must not be empty')
    .exactOptional()
    .describe('where documents without a namespace are applied to'),
  baseline: z
    .string()
    .min(1, 'must not be empty')
    .exactOptional()
    .describe('a file of findings that are known, from this file on'),
  docs: z
    .url({ protocol: /^https?$/, error: 'must be an address such as https://docs.example/rules/{rule}' })
    .exactOptional()
    .describe('where the pages of the rules are: {rule} stands for the id, without it <id>.md is added'),
});

export type Config = z.output<typeof configSchema>;

/**
 * What the config file says for the options of a command that neither the command line nor the environment gives. A
 * problem is one sentence.
 */
export function configFor(
  command: Command,
  keys: readonly (keyof Config)[],
): Config | { readonly problem: string } {
  const file = chosenConfig(command);
  if (file === null) return {};
  const read = readConfig(file);
  if ('problem' in read) return read;
  const given = (key: string): boolean => ['cli', 'env'].includes(command.getOptionValueSource(key) ?? '');
  const left = Object.entries(read.config).filter(
    ([key]) => keys.some((known) => known === key) && !given(key),
  );
  return configSchema.parse(Object.fromEntries(left));
}

/** Reads a config file; paths in it are from its place on. */
export function readConfig(file: string): { readonly config: Config } | { readonly problem: string } {
  try {
    const document = parseDocument(readFileSync(file, 'utf8'), { uniqueKeys: true });
    const [error] = document.errors;
    if (error !== undefined) throw new Error(error.message.split('\n')[0]?.replace(/:$/, ''));
    const parsed = configSchema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
    if (!parsed.success) {
      const told = parsed.error.issues.map(issueText).join('; ');
      return { problem: `The config file ${file} is wrong: ${told}${told.endsWith('?') ? '' : '.'}` };
    }
    const { settings, baseline, ...rest } = parsed.data;
    const fromThere = (path: string): string => resolve(dirname(file), path);
    return {
      config: {
        ...rest,
        ...(settings === undefined ? {} : { settings: fromThere(settings) }),
        ...(baseline === undefined ? {} : { baseline: fromThere(baseline) }),
      },
    };
  } catch (error) {
    return { problem: `The config file ${file} cannot be read: ${reasonOf(error)}.` };
  }
}

function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') {
    const place = issue.path.join('.');
    return `${place === '' ? 'the file' : place}: ${issue.message}`;
  }
  const known = Object.keys(configSchema.shape);
  return issue.keys.map((key) => `unknown key "${key}"${didYouMean(key, known)}`).join('; ');
}
