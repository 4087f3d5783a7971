import type { LintFinding } from '../report/lint-report.ts';

/** Leaves out what another finding about the same document says already, and better. */
export function saidOnce(findings: readonly LintFinding[]): readonly LintFinding[] {
  const pathsOf = (rule: string): string[] =>
    findings.flatMap((finding) => (finding.rule === rule ? [finding.path] : []));
  const misplaced = pathsOf('unknown-or-misplaced-field');
  const emptied = pathsOf('empty-peer-list-allows-all');
  const hosts = pathsOf('hostnetwork-peer');
  const dns = pathsOf('dns-allow-misses-resolver');
  const clausesForDns = dns.map((path) => path.replace(/\.to\[.*$/, ''));
  return findings.filter(({ rule, path }) => {
    // That no pod with an address of its own matches is told as: only pods of the nodes' network do.
    if (rule === 'peer-matches-no-pods') return !hosts.includes(path);
    // That the address is that of the resolver's Service says more than that it is some Service's.
    if (rule === 'ipblock-covers-cluster-ranges') return !dns.some((other) => path.startsWith(`${other}.`));
    // That DNS is lost, and by which port, is told at the clause that was meant to allow it.
    if (rule === 'egress-blocks-dns') return clausesForDns.length === 0;
    if (rule === 'service-port-instead-of-target-port')
      return !clausesForDns.some((clause) => path.startsWith(`${clause}.`));
    // That a clause has no peers follows from the field that was lost, or from the empty list.
    if (rule === 'rule-open-to-any-peer')
      return ![...misplaced, ...emptied].some((other) => other.startsWith(`${path}.`));
    // A missing spec follows from a key that should have been `spec`.
    return rule !== 'whole-namespace-target' || path !== 'spec' || misplaced.length === 0;
  });
}
