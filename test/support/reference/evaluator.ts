/**
 * The naive reference evaluator of networking.k8s.io/v1 NetworkPolicy: for one connection it walks every
 * policy and answers from the API text. It shares no code with src/ and judges the fast engine.
 */
import { parseAddress } from './addresses.ts';
import {
  type Answer,
  any,
  both,
  clausesOf,
  type Direction,
  either,
  enforced,
  governs,
  MAYBE,
  NO,
  peersTest,
  portsTest,
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
function directionAllows(cluster: RefCluster, direction: Direction, src: End, dst: End, flow: Flow): Answer {
  const [subject, peer] = direction === 'Egress' ? [src, dst] : [dst, src];
  if (isNeverGoverned(subject, peer)) return YES;
  const byPolicy = policyAnswer(cluster, direction, subject, peer, dst, flow);
  if (peer.sort !== 'node' || peer.key === '' || peer.key !== subject.node) return byPolicy;
  const { ownNodeToPod, podToOwnNode } = cluster.profile;
  const flag = direction === 'Ingress' ? ownNodeToPod : podToOwnNode;
  if (flag === 'by-policy') return byPolicy;
  if (flag === 'allowed') return YES;
  // Not known: the plugin may allow the node what policies refuse, and drop what they allow towards it.
  return flag === 'blocked' ? NO : direction === 'Ingress' ? either(byPolicy, YES) : either(byPolicy, NO);
}

function policyAnswer(
  cluster: RefCluster,
  direction: Direction,
  subject: End,
  peer: End,
  dst: End,
  flow: Flow,
): Answer {
  const enforcement = enforced(cluster.profile, subject);
  if (enforcement === NO) return YES;
  const reading = (least: Answer): Answer => {
    const governing = cluster.policies.filter((each) => governs(cluster, each, direction, subject) >= least);
    if (governing.length === 0) return cluster.profile.unselectedPods === 'closed' ? NO : YES;
    return any(
      governing.flatMap((policy) =>
        clausesOf(policy, direction).map((clause) =>
          both(
            peersTest(cluster, policy, direction, clause)(peer),
            portsTest(cluster, direction, clause)({ ...flow, destination: dst }),
          ),
        ),
      ),
    );
  };
  const answer = either(reading(YES), reading(MAYBE));
  return enforcement === YES ? answer : either(answer, YES);
}

interface Flow {
  protocol: Protocol;
  port: number;
}

/** Nodes and addresses have no policies; a pod reaches itself. */
export function isNeverGoverned(subject: End, peer: End): boolean {
  return subject.sort !== 'pod' || (peer.sort === 'pod' && peer.key === subject.key);
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
