import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Detected } from '../model/detected.ts';
import { type Profile, platformFlags, profiles, unknownProfile } from '../model/profile.ts';
import { editDistance } from '../rules/near-miss.ts';
import { contractKeysAt, contractRule, contractsSchema } from './contract.ts';

const mode = z.enum(['off', 'baseline', 'restricted']);
const day = z.iso.date('is no day like 2026-12-31');
const names = z.array(z.string()).default([]);
const answer = <Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).exactOptional();
const noLimit = 'must be a whole number from 1, or unknown';
const limit = () => z.union([z.int().min(1, noLimit), z.literal('unknown')], noLimit).exactOptional();

/** The one settings file: schema, defaults and the meaning of every key. */
export const settingsSchema = z.strictObject({
  modes: z
    .strictObject({
      enforce: mode.default('off').describe('reject on errors of this level'),
      warn: mode.default('baseline').describe('print errors and warnings of this level to the user'),
      audit: mode
        .default('restricted')
        .describe('put everything of this level into audit annotations and metrics'),
      mayLower: names.describe('namespaces whose labels may lower a mode below these defaults'),
    })
    .prefault({})
    .describe(
      'cluster defaults; a namespace raises them with the labels netsluice.dev/enforce, warn and audit',
    ),
  rules: z
    .record(z.string(), z.enum(['off', 'info', 'warn', 'reject']))
    .default({})
    .describe('severity by rule id, in place of the level and of what could cure the finding'),
  exempt: z
    .strictObject({ namespaces: names, usernames: names, groups: names })
    .prefault({})
    .describe('requests that are admitted without being analysed; each one is logged'),
  breakGlass: z
    .strictObject({ groups: names })
    .prefault({})
    .describe('groups whose rejections become warnings; each one is logged and counted'),
  waivers: z
    .array(
      z.strictObject({
        rule: z.string(),
        namespace: z.string(),
        name: z.string(),
        reason: z.string().min(1),
        until: day,
      }),
    )
    .default([])
    .describe('findings that are accepted until the end of a day, UTC'),
  waiversAllowed: z
    .array(z.strictObject({ rules: z.array(z.string()), namespaces: z.array(z.string()) }))
    .default([])
    .describe(
      'rules that a netsluice.dev/waive.<rule-id> annotation may waive, and in which namespaces; * is every one',
    ),
  contracts: contractsSchema
    .default([])
    .describe('connections that no policy may open (forbid) or close (require)'),
  platform: z
    .strictObject({
      profile: z.string().default('detect'),
      enforcement: answer(platformFlags.enforcement.values),
      strayDirections: answer(platformFlags.strayDirections.values),
      unselectedPods: answer(platformFlags.unselectedPods.values),
      standalonePods: answer(platformFlags.standalonePods.values),
      ipBlockPods: answer(platformFlags.ipBlockPods.values),
      ipBlockNodes: answer(platformFlags.ipBlockNodes.values),
      ipv4AnyAddress: answer(platformFlags.ipv4AnyAddress.values),
      ipFamilies: answer(platformFlags.ipFamilies.values),
      endPort: answer(platformFlags.endPort.values),
      sctp: answer(platformFlags.sctp.values),
      namedPortEgress: answer(platformFlags.namedPortEgress.values),
      hostNetworkPeers: answer(platformFlags.hostNetworkPeers.values),
      negativeNamespaces: answer(platformFlags.negativeNamespaces.values),
      ownNodeToPod: answer(platformFlags.ownNodeToPod.values),
      podToOwnNode: answer(platformFlags.podToOwnNode.values),
      serviceTranslation: answer(platformFlags.serviceTranslation.values),
      openConnections: answer(platformFlags.openConnections.values),
      windowsNodes: answer(platformFlags.windowsNodes.values),
      virtualNodes: answer(platformFlags.virtualNodes.values),
      portsPerBlock: limit(),
      policyEntries: limit(),
    })
    .prefault({})
    .describe('what the network plugin does: a profile by name, and single answers that differ from it'),
  detail: z
    .enum(['own', 'counts', 'names'])
    .default('counts')
    .describe('whose names an answer tells: the own namespace, also public and literally named ones, or all'),
  publicNamespaces: z
    .array(z.string())
    .default(['kube-system', 'ingress-nginx', 'monitoring'])
    .describe('namespaces whose workloads may be named to everybody'),
  contact: z
    .string()
    .max(120)
    .default('')
    .describe('follows the ref in every answer: whom to ask, or a link'),
});

export type Settings = z.output<typeof settingsSchema>;

/** The settings of a fresh install: nothing is rejected. */
export const defaultSettings: Settings = settingsSchema.parse({});

/** A file above this size is refused before it is parsed. */
const settingsCharsMax = 1_000_000;

/**
 * Reads the settings file, YAML or JSON. A problem is one sentence that names the place and, for a misspelt key,
 * the key that was meant.
 */
export function decodeSettings(
  text: string,
  ruleIds: readonly string[],
): { readonly settings: Settings } | { readonly problem: string } {
  if (text.length > settingsCharsMax) return { problem: 'the file is larger than 1 MB' };
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined)
    return { problem: error.message.split('\n')[0]?.replace(/:$/, '') ?? 'the file is not YAML' };
  const parsed = settingsSchema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (!parsed.success) return { problem: parsed.error.issues.map(issueText).join('; ') };
  return problemOf(parsed.data, ruleIds) ?? { settings: parsed.data };
}

/** What the schema cannot see: names that must exist elsewhere. */
function problemOf(settings: Settings, ruleIds: readonly string[]): { readonly problem: string } | null {
  const named = [
    ...Object.keys(settings.rules),
    ...settings.waivers.map(({ rule }) => rule),
    ...settings.waiversAllowed.flatMap(({ rules }) => rules.filter((rule) => rule !== '*')),
  ];
  const known = [...ruleIds, contractRule.id];
  for (const rule of named) {
    if (!known.includes(rule)) return { problem: `there is no rule "${rule}"${didYouMean(rule, known)}` };
  }
  const { profile } = settings.platform;
  if (profile === 'detect' || profiles.has(profile)) return null;
  return {
    problem: `platform.profile: there is no profile "${profile}", only detect, ${[...profiles.keys()].join(', ')}`,
  };
}

function issueText(issue: z.core.$ZodIssue): string {
  const place = issue.path.join('.');
  if (issue.code === 'invalid_union') {
    // Of the forms that the place may take, the one that was meant is the one whose inside is wrong.
    const inside = issue.errors.find((found) =>
      found.some(({ code, path }) => path.length > 0 || code === 'unrecognized_keys' || code === 'custom'),
    );
    if (inside !== undefined)
      return inside.map((each) => issueText({ ...each, path: [...issue.path, ...each.path] })).join('; ');
  }
  if (issue.code !== 'unrecognized_keys') return `${place === '' ? 'the file' : place}: ${issue.message}`;
  const known = keysAt(issue.path);
  return issue.keys
    .map((key) => `unknown key "${[...issue.path, key].join('.')}"${didYouMean(key, known)}`)
    .join('; ');
}

function keysAt(path: readonly PropertyKey[]): string[] {
  const [first] = path;
  const whole = Object.keys(settingsSchema.shape);
  if (first === undefined) return whole;
  if (first === 'contracts') return [...contractKeysAt(path)];
  const entry = Object.entries(defaultSettings).find(([key]) => key === first)?.[1];
  return typeof entry === 'object' && !Array.isArray(entry)
    ? Object.keys(entry)
    : ['rule', 'namespace', 'name', 'reason', 'until'];
}

/** `; did you mean "x"?` for the known word that shares the most with the given one, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  // A word of any length may arrive; what is meant is never longer than the longest known one.
  if (word.length > 100) return '';
  const scored = known.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }));
  const [best] = scored.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3))
    ? `; did you mean "${best.candidate}"?`
    : '';
}

/**
 * The network plugin's profile, with the single answers that the settings give: these win over what was detected, and a
 * profile that the settings name wins over all of it.
 */
export function profileOf({ platform }: Settings, detected: Detected | null = null): Profile {
  const { profile, ...answers } = platform;
  if (profile !== 'detect') return { ...(profiles.get(profile) ?? unknownProfile), ...answers };
  const found = profiles.get(detected?.profile ?? 'unknown') ?? unknownProfile;
  return { ...found, ...detected?.answers, ...answers };
}
