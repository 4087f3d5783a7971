import { describe, expect, test } from '@jest/globals';
import { genericProfile } from '../../src/model/profile.ts';
import { type Touched, touchedBy } from '../../src/scan/touched.ts';
import { worldOf } from '../../src/world/build.ts';
import { type Json, recordOf } from '../support/build.ts';

function touched(object: Json, old?: Json): Touched {
  const before = old === undefined ? [] : [{ type: 'put' as const, object: recordOf(old) }];
  return touchedBy({ type: 'put', object: recordOf(object) }, worldOf(genericProfile, before));
}

const monitor = (spec: Json): Json => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  metadata: { name: 'm', namespace: 'watch' },
  spec: { selector: {}, ...spec },
});

describe('what concerns other namespaces than its own', () => {
  test.each<[string, Json, Touched]>([
    ['a monitor of its own namespace', monitor({}), new Set(['watch'])],
    ['one that names some', monitor({ namespaceSelector: { matchNames: ['a', 'b'] } }), new Set(['a', 'b'])],
    ['one that looks everywhere', monitor({ namespaceSelector: { any: true } }), 'all'],
    [
      'a route',
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: 'r', namespace: 'edge' },
        spec: { rules: [{ backendRefs: [{ name: 'web', namespace: 'shop', port: 80 }] }] },
      },
      new Set(['shop']),
    ],
    [
      'a ClusterRoleBinding',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'b' },
        subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: 'shop' }],
      },
      new Set(['shop']),
    ],
  ])('%s', (_, object, wanted) => {
    expect(touched(object)).toEqual(wanted);
  });

  test('what an object said before counts too, and when it goes', () => {
    const old = monitor({ namespaceSelector: { matchNames: ['a'] } });
    const now = monitor({ namespaceSelector: { matchNames: ['b'] } });
    expect(touched(now, old)).toEqual(new Set(['a', 'b']));
    const world = worldOf(genericProfile, [{ type: 'put', object: recordOf(old) }]);
    const gone = { type: 'delete', kind: 'Monitor', namespace: 'watch', name: 'PodMonitor/m' } as const;
    expect(touchedBy(gone, world)).toEqual(new Set(['a']));
  });
});
