import type { Snapshot } from '../cluster/snapshot.ts';
import { type Detected, nothingAsked, type PlatformConfig } from '../model/detected.ts';
import type { ClusterObject, WorldEvent } from '../model/objects.ts';
import { detectPlatform, platformSigns } from '../platform/detect.ts';

/** The network plugin of a live cluster. */
export function detectedLive(
  objects: Iterable<ClusterObject>,
  config: PlatformConfig,
  absent: readonly string[],
): Detected {
  return detectPlatform(platformSigns(objects, config, { complete: !absent.includes('DaemonSet') }));
}

/** The network plugin that manifests deploy, where they do. */
export function detectedIn(events: Iterable<WorldEvent>, config: PlatformConfig): Detected {
  return detectPlatform(platformSigns(objectsIn(events), config, { complete: true }));
}

/** What events put into a world. */
export function* objectsIn(events: Iterable<WorldEvent>): Iterable<ClusterObject> {
  for (const event of events) if (event.type === 'put') yield event.object;
}

/** What was detected when a snapshot was taken; else what can still be seen in it. */
export function detectedAt({ platform, objects, absent }: Snapshot): Detected {
  if (platform !== null) return platform;
  const complete = !absent.includes('DaemonSet');
  return detectPlatform(platformSigns(objects, nothingAsked, { complete }));
}
