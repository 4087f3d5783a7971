/**
 * The naive reference evaluator of networking.k8s.io/v1 NetworkPolicy: for one connection it walks every
 * policy and answers from the API text. It shares no code with src/ and judges the fast engine.
 */
import { parseAddress } from './addresses.ts';
import {
  type Answer,
  any,
  both,
  clausePorts,
  clausesOf,
  type Direction,
  governs,
  NO,
  peersTest,
  YES,
} from './clauses.ts';
import { type End, ipEnd, isLive, nodeEnd, podEnd } from './ends.ts';
import { namespaceOf, type Protocol, type RefCluster } from './objects.ts';

/** `pod` is `namespace/name` of a pod that is not completed. */
export type RefEndpoint = { pod: string } | { ip: string } | { node: string };

/** `must` and `may` are the readings of the analysed policies alone, without foreign ones. */
export interface Verdict {
  verdict: 'allowed' | 'blocked' | 'unknown';
  must: boolean;
  may: boolean;
}

function resolve(cluster: RefCluster, ref: RefEndpoint): End {
  if ('ip' in ref) return ipEnd(parseAddress(ref.ip), ref.ip);
  if ('node' in ref) return nodeEnd(cluster, ref.node, []);
  const pod = cluster.pods.find((each) => `${namespaceOf(each)}/${each.metadata.name}` === ref.pod);
  if (pod === undefined || !isLive(pod)) throw new Error(`there is no live pod ${ref.pod}`);
  return podEnd(cluster, pod);
}

/** What one end's policies say in one direction; "a non-isolated direction allows everything". */
function directionAllows(cluster: RefCluster, direction: Direction, src: End, dst: End, port: Flow): Answer {
  const [subject, peer] = direction === 'Egress' ? [src, dst] : [dst, src];
  if (isNeverGoverned(direction, subject, peer)) return YES;
  const governing = cluster.policies.filter((policy) => governs(cluster, policy, direction, subject));
  if (governing.length === 0) return cluster.profile.unselectedPods === 'closed' ? NO : YES;
  return any(
    governing.flatMap((policy) =>
      clausesOf(policy, direction).map((clause) =>
        both(
          peersTest(cluster, policy, direction, clause)(peer),
          clausePorts(clause, port.protocol, port.port, dst),
        ),
      ),
    ),
  );
}

interface Flow {
  protocol: Protocol;
  port: number;
}

/** Nodes and addresses have no policies; "own node → pod is always allowed"; a pod reaches itself. */
export function isNeverGoverned(direction: Direction, subject: End, peer: End): boolean {
  if (subject.sort !== 'pod') return true;
  if (peer.sort === 'pod' && peer.key === subject.key) return true;
  return direction === 'Ingress' && peer.sort === 'node' && peer.key !== '' && peer.key === subject.node;
}

/** Whether a policy of an API that is not analysed could govern this end. */
export function isForeignGoverned(cluster: RefCluster, end: End): boolean {
  if (end.sort !== 'pod') return false;
  return cluster.foreign.some(({ namespace }) => namespace === null || namespace === end.namespace);
}

/** The verdict on one connection's first packet, after Service translation. Throws for a pod that is not live. */
export function verdict(
  cluster: RefCluster,
  source: RefEndpoint,
  destination: RefEndpoint,
  protocol: Protocol,
  port: number,
): Verdict {
  const src = resolve(cluster, source);
  const dst = resolve(cluster, destination);
  const answer = both(
    directionAllows(cluster, 'Egress', src, dst, { protocol, port }),
    directionAllows(cluster, 'Ingress', src, dst, { protocol, port }),
  );
  const readings = { must: answer === YES, may: answer !== NO };
  const self = src.sort === 'pod' && dst.sort === 'pod' && src.key === dst.key;
  if (!self && (isForeignGoverned(cluster, src) || isForeignGoverned(cluster, dst))) {
    return { verdict: 'unknown', ...readings };
  }
  return { verdict: answer === YES ? 'allowed' : answer === NO ? 'blocked' : 'unknown', ...readings };
}
