import type { Need } from '../model/finding.ts';

/** What rules read that judge which pods there are, running or planned. */
export const podKinds: readonly Need[] = ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];
