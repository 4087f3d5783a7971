import type { ServeConfig } from '../config.ts';
import type { Log } from '../webhook/decision-log.ts';
import type { Picture } from './serve.ts';

/** What stands between the webhook and the cluster until the live view is joined here. */
export async function openPicture(
  config: ServeConfig,
  _settings: () => unknown,
  _log: Log,
): Promise<Picture | { readonly problem: string }> {
  const source = config.snapshot.length > 0 ? 'manifests' : 'a live cluster';
  return { problem: `This build cannot serve over ${source} yet.` };
}
