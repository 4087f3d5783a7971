import { describe, expect, test } from '@jest/globals';
import type { Severity } from '../../src/model/finding.ts';
import { compactLint } from '../../src/report/compact.ts';
import { githubLint } from '../../src/report/github.ts';
import { gitlabLint } from '../../src/report/gitlab.ts';
import { jsonLint } from '../../src/report/json.ts';
import { junitLint } from '../../src/report/junit.ts';
import { markdownLint } from '../../src/report/lint-markdown.ts';
import type { LintFinding, LintReport } from '../../src/report/lint-report.ts';
import { prettyLint } from '../../src/report/pretty.ts';
import { sarifLint } from '../../src/report/sarif.ts';
import { colours, plain } from '../../src/report/terminal.ts';
import { sarifProblems, schemaProblems } from '../cli/schema.ts';

function finding(change: Partial<LintFinding> = {}): LintFinding {
  return {
    id: '0123456789ab',
    rule: 'rule-open-to-any-peer',
    severity: 'warning',
    waived: false,
    object: { kind: 'NetworkPolicy', namespace: 'shop', name: 'web' },
    path: 'spec.ingress[0]',
    span: { file: 'k8s/web.yaml', line: 9, column: 5, endColumn: 7, source: '  - {}' },
    message: 'everybody gets in on all ports',
    advice: 'name the peers in from',
    related: [],
    remedy: null,
    edits: [],
    known: false,
    ...change,
  };
}

function report(findings: readonly LintFinding[], change: Partial<LintReport> = {}): LintReport {
  return {
    version: '1.2.3',
    findings,
    problems: [],
    skipped: [],
    policies: [
      { namespace: 'shop', name: 'web', file: 'k8s/web.yaml', line: 4 },
      { namespace: 'shop', name: 'clean', file: 'k8s/web.yaml', line: 14 },
    ],
    input: { files: 1, objects: 2, strangers: 0, patches: 0, exempt: 0 },
    rules: [
      {
        id: 'egress-blocks-dns',
        title: 'Pods lose DNS',
        severity: 'error',
        confidence: 'likely',
        page: { why: 'Names are **looked up**.', fix: 'Allow port 53.' },
      },
      {
        id: 'rule-open-to-any-peer',
        title: 'A clause is open to everybody',
        severity: 'warning',
        confidence: 'certain',
        page: null,
      },
    ],
    docs: null,
    failOn: 'error',
    objects: new Set(),
    baseline: null,
    ...change,
  };
}

const unread = { file: 'k8s/bad.yaml', line: 2, message: 'it is <broken> & "odd"' };
const skipped = { rule: 'policy-selects-no-pods', policies: 2 };

/** What a hostile file may put into names and messages. */
const hostile = finding({
  message: '100% <bad>\r\n::error::x, "y" & \u001b[31m\u202e',
  span: { file: 'a:b, c%.yaml', line: 1, column: 1, endColumn: 2, source: '\tx\u001b[31m' },
});

/** Rests on two other objects, one of which the input holds, and can be mended. */
const withMore = finding({
  related: [
    {
      object: { kind: 'Service', namespace: 'shop', name: 'web' },
      path: 'spec.ports[0]',
      says: 'leads 80 to 8080',
      span: { file: 'k8s/svc.yaml', line: 120, column: 7, endColumn: 11, source: '    - port: 80' },
    },
    {
      object: { kind: 'Namespace', namespace: null, name: 'ops' },
      path: '',
      says: 'has the\u001b[31m label',
      span: null,
    },
  ],
  edits: [
    { line: 9, column: 1, endLine: 10, endColumn: 1, text: '  - from: []\n    ports: []\n' },
    { line: 12, column: 1, endLine: 14, endColumn: 1, text: '' },
  ],
});

describe('pretty', () => {
  test('shows the other places, what --fix would write, and once for each rule where to read on', () => {
    const again = finding({ rule: 'egress-blocks-dns' });
    const text = prettyLint(report([withMore, again, again]), plain, null);
    expect(
      text.split('\n').slice(0, 33).join('\n'),
    ).toBe(`▲ warning rule-open-to-any-peer: everybody gets in on all ports
    --> k8s/web.yaml:9:5
    |
  9 |   - {}
    |     ^^
    = NetworkPolicy shop/web spec.ingress[0]
    = help: name the peers in from
    = related: Service shop/web: leads 80 to 8080
    --> k8s/svc.yaml:120:7
    |
120 |     - port: 80
    |       ^^^^
    = related: Namespace ops: has the[31m label
    = fix: with --fix line 9 becomes
  9 +   - from: []
 10 +     ports: []
    = fix: with --fix lines 12 to 13 go

▲ warning egress-blocks-dns: everybody gets in on all ports
  --> k8s/web.yaml:9:5
  |
9 |   - {}
  |     ^^
  = NetworkPolicy shop/web spec.ingress[0]
  = help: name the peers in from
  = more: netsluice explain egress-blocks-dns

▲ warning egress-blocks-dns: everybody gets in on all ports
  --> k8s/web.yaml:9:5
  |
9 |   - {}
  |     ^^
  = NetworkPolicy shop/web spec.ingress[0]`);
    const linked = prettyLint(report([again], { docs: 'https://docs.test' }), colours, null);
    expect(linked).toContain(
      'more: \u001b]8;;https://docs.test/egress-blocks-dns.md\u001b\\https://docs.test/egress-blocks-dns.md\u001b]8;;\u001b\\',
    );
  });

  const long = 'x'.repeat(30);
  const wide = finding({
    severity: 'error',
    message: 'the quick brown fox jumps over the lazy dog and then over everything else there is',
    span: {
      file: 'a.yaml',
      line: 9,
      column: 41,
      endColumn: 44,
      source: `${long}${long.slice(0, 10)}bad${long}${long}`,
    },
  });

  test('breaks lines and shows the part of the source around the span where the terminal is narrow', () => {
    expect(prettyLint(report([wide]), plain, 50)).toBe(`✖ error rule-open-to-any-peer: the quick brown fox
    jumps over the lazy dog and then over
    everything else there is
  --> a.yaml:9:41
  |
9 | …xxxxxxxxxxxxxxbadxxxxxxxxxxxxxxxxxxxxxxxxxxx…
  |                ^^^
  = NetworkPolicy shop/web spec.ingress[0]
  = help: name the peers in from

1 error, 0 warnings, 0 info in 2 policies of 1
file`);
  });

  test('every line fits every width', () => {
    for (const width of [40, 60, 80, 120]) {
      const text = prettyLint(report([wide], { skipped: [skipped, skipped, skipped] }), plain, width);
      const fitting = text
        .split('\n')
        .filter((line) => !line.includes('NetworkPolicy') && line.length > width);
      expect([width, fitting]).toEqual([width, []]);
    }
  });

  test('colours are on the words that carry the weight, and nothing else controls the terminal', () => {
    const text = prettyLint(report([finding()]), colours, null);
    expect(text.split('\n')[0]).toBe(
      '\u001b[33m▲ warning\u001b[0m \u001b[1mrule-open-to-any-peer: everybody gets in on all ports\u001b[0m',
    );
    const safe = prettyLint(report([hostile]), plain, null);
    expect(safe.replaceAll(/[\p{Cc}\p{Cf}]/gu, (mark) => (mark === '\n' ? '\n' : 'BAD'))).toBe(safe);
    // The carets stay below their text although the line holds a tab.
    expect(safe.split('\n').slice(2, 5)).toEqual(['  |', '1 |  x [31m', '  | ^']);
  });

  test('says what was waived, skipped, exempt and passed over', () => {
    const text = prettyLint(
      report([finding({ waived: true, advice: '' })], {
        skipped: [skipped],
        input: { files: 3, objects: 2, strangers: 1, patches: 0, exempt: 2 },
      }),
      plain,
      null,
    );
    expect(text.split('\n').filter((line) => !/^ |^\d/.test(line))).toEqual([
      '○ waived warning rule-open-to-any-peer: everybody gets in on all ports',
      '',
      'not judged, for the settings exempt their namespaces: 2 policies',
      'passed over: 1 document that is no Kubernetes object',
      'skipped, for the input does not hold the workloads they look at: policy-selects-no-pods; give those manifests too, or --complete if these are all',
    ]);
    expect(text).toContain('\n\n0 errors, 0 warnings, 0 info, 1 waived in 2 policies of 3 files\n');
  });
});

test('compact: one line each, whatever the message holds', () => {
  expect(compactLint(report([finding(), hostile]))).toBe(
    `k8s/web.yaml:9:5: warning rule-open-to-any-peer: everybody gets in on all ports; name the peers in from (NetworkPolicy shop/web)
a:b, c%.yaml:1:1: warning rule-open-to-any-peer: 100% <bad>::error::x, "y" & [31m; name the peers in from (NetworkPolicy shop/web)`,
  );
});

test('what the baseline holds is not told, or told as known', () => {
  const gone = [
    {
      id: 'fedcba987654',
      rule: 'egress-blocks-dns',
      object: 'NetworkPolicy shop/old',
      says: 'its pods lose DNS',
      reason: 'moves in May',
      since: '2026-01-02',
    },
  ];
  const baseline = { file: 'known.yaml', gone, unseen: 3 };
  const held = report([finding({ known: true, severity: 'error' }), finding()], { baseline });
  expect(compactLint(held).split('\n')).toHaveLength(1);
  expect(githubLint(held).split('\n')).toHaveLength(1);
  expect(JSON.parse(gitlabLint(held))).toHaveLength(1);
  expect(junitLint(held)).toContain('failures="0"');
  expect(prettyLint(held, plain, null)).toContain('0 errors, 1 warning, 0 info, 1 known in 2 policies');
  const document = JSON.parse(jsonLint(held));
  expect(schemaProblems('lint-v1', document)).toEqual([]);
  expect([document.baseline, document.summary.known]).toEqual([baseline, 1]);
  const sarif = JSON.parse(sarifLint(held));
  expect(sarifProblems(sarif)).toEqual([]);
  expect(sarif.runs[0].results).toMatchObject([
    { baselineState: 'unchanged', suppressions: [{ kind: 'external' }] },
    { baselineState: 'new' },
  ]);
});

test('json is as its schema says', () => {
  const document: unknown = JSON.parse(
    jsonLint(report([withMore, hostile], { problems: [unread], skipped: [skipped] })),
  );
  expect(schemaProblems('lint-v1', document)).toEqual([]);
  expect(document).toMatchObject({
    schema: 'lint/v1',
    tool: { name: 'netsluice', version: '1.2.3' },
    summary: { error: 0, warning: 2, info: 0, waived: 0, known: 0 },
    problems: [unread],
    skipped: [skipped],
  });
});

describe('sarif', () => {
  test('a result has its rule, its level, all four corners and a fingerprint', () => {
    const sarif = JSON.parse(sarifLint(report([finding(), finding({ severity: 'info', waived: true })])));
    expect(sarifProblems(sarif)).toEqual([]);
    const [run] = sarif.runs;
    expect([sarif.version, sarif.$schema, sarif.runs.length]).toEqual([
      '2.1.0',
      'https://json.schemastore.org/sarif-2.1.0.json',
      1,
    ]);
    const tags = ['security', 'kubernetes', 'network-policy'];
    expect(run.tool.driver).toEqual({
      name: 'netsluice',
      semanticVersion: '1.2.3',
      rules: [
        {
          id: 'egress-blocks-dns',
          shortDescription: { text: 'Pods lose DNS' },
          fullDescription: { text: 'Pods lose DNS' },
          help: {
            text: 'Pods lose DNS\n\nNames are **looked up**.\n\nAllow port 53.\n\nMore: netsluice explain egress-blocks-dns',
            markdown:
              'Names are **looked up**.\n\n**How to mend it.** Allow port 53.\n\nMore: `netsluice explain egress-blocks-dns`',
          },
          defaultConfiguration: { level: 'error' },
          properties: { tags, precision: 'high', 'security-severity': '8.0' },
        },
        {
          id: 'rule-open-to-any-peer',
          shortDescription: { text: 'A clause is open to everybody' },
          fullDescription: { text: 'A clause is open to everybody' },
          help: { text: 'A clause is open to everybody' },
          defaultConfiguration: { level: 'warning' },
          properties: { tags, precision: 'very-high', 'security-severity': '5.0' },
        },
      ],
    });
    expect(run.automationDetails).toEqual({ id: 'netsluice/lint/' });
    expect(run.results[0]).toEqual({
      ruleId: 'rule-open-to-any-peer',
      ruleIndex: 1,
      level: 'warning',
      message: { text: 'everybody gets in on all ports; name the peers in from' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'k8s/web.yaml' },
            region: { startLine: 9, startColumn: 5, endLine: 9, endColumn: 7 },
          },
          logicalLocations: [
            { fullyQualifiedName: 'NetworkPolicy/shop/web#spec.ingress[0]', kind: 'resource' },
          ],
        },
      ],
      partialFingerprints: { primaryLocationLineHash: '0123456789ab:1' },
    });
    expect(run.results[1]).toMatchObject({
      level: 'note',
      partialFingerprints: { primaryLocationLineHash: '0123456789ab-2:1' },
      suppressions: [{ kind: 'inSource' }],
    });
  });

  test('the page of a rule has an address where the config says so', () => {
    const [run] = JSON.parse(sarifLint(report([], { docs: 'https://docs.test/rules/' }))).runs;
    const [first] = run.tool.driver.rules;
    expect([first.helpUri, first.help.markdown]).toEqual([
      'https://docs.test/rules/egress-blocks-dns.md',
      'Names are **looked up**.\n\n**How to mend it.** Allow port 53.\n\nMore: <https://docs.test/rules/egress-blocks-dns.md>',
    ]);
    const [other] = JSON.parse(sarifLint(report([], { docs: 'https://docs.test/#{rule}' }))).runs;
    expect(other.tool.driver.rules[0].helpUri).toBe('https://docs.test/#egress-blocks-dns');
  });

  test('other places and what mends it', () => {
    const sarif = JSON.parse(sarifLint(report([withMore])));
    expect(sarifProblems(sarif)).toEqual([]);
    const [{ relatedLocations, fixes }] = sarif.runs[0].results;
    expect(relatedLocations).toEqual([
      {
        id: 0,
        physicalLocation: {
          artifactLocation: { uri: 'k8s/svc.yaml' },
          region: { startLine: 120, startColumn: 7, endLine: 120, endColumn: 11 },
        },
        logicalLocations: [{ fullyQualifiedName: 'Service/shop/web#spec.ports[0]', kind: 'resource' }],
        message: { text: 'Service shop/web: leads 80 to 8080' },
      },
    ]);
    expect(fixes).toEqual([
      {
        description: { text: 'name the peers in from' },
        artifactChanges: [
          {
            artifactLocation: { uri: 'k8s/web.yaml' },
            replacements: [
              {
                deletedRegion: { startLine: 9, startColumn: 1, endLine: 10, endColumn: 1 },
                insertedContent: { text: '  - from: []\n    ports: []\n' },
              },
              { deletedRegion: { startLine: 12, startColumn: 1, endLine: 14, endColumn: 1 } },
            ],
          },
        ],
      },
    ]);
  });

  test('as many results as code scanning takes, the worst of them', () => {
    const many = Array.from({ length: 25_001 }, (_, i) =>
      finding({ severity: i === 25_000 ? 'error' : 'info' }),
    );
    const [run] = JSON.parse(sarifLint(report(many))).runs;
    expect([run.results.length, run.results[0].level]).toEqual([25_000, 'error']);
    expect(run.invocations[0].toolExecutionNotifications).toEqual([
      { level: 'warning', message: { text: '1 more findings, none worse than these; -o json holds all' } },
    ]);
  });

  test('a clean run has results, and what could not be read or was skipped is a notification', () => {
    const sarif = JSON.parse(sarifLint(report([], { problems: [unread], skipped: [skipped] })));
    expect(sarifProblems(sarif)).toEqual([]);
    const [run] = sarif.runs;
    expect(run.results).toEqual([]);
    expect(run.invocations).toEqual([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [
          {
            level: 'error',
            message: { text: 'not read: it is <broken> & "odd"' },
            locations: [
              { physicalLocation: { artifactLocation: { uri: 'k8s/bad.yaml' }, region: { startLine: 2 } } },
            ],
          },
          {
            level: 'note',
            message: {
              text: 'policy-selects-no-pods was skipped for 2 policies: the input does not hold the workloads it looks at',
            },
            associatedRule: { id: 'policy-selects-no-pods' },
          },
        ],
      },
    ]);
  });

  test.each([
    ['./a b/ü.yaml', 'a%20b/%C3%BC.yaml'],
    ['/abs/a.yaml', 'file:///abs/a.yaml'],
    ['a#b?c.yaml', 'a%23b%3Fc.yaml'],
    ['-', 'stdin'],
  ])('the URI of %s', (file, uri) => {
    const { span } = finding();
    const [run] = JSON.parse(sarifLint(report([finding({ span: { ...span, file } })]))).runs;
    expect(run.results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(uri);
  });
});

describe('junit', () => {
  test('what is below the threshold passes and is told; unread is an error, skipped is skipped', () => {
    const bad = finding({ severity: 'error', message: 'a < b & "c"' });
    const text = junitLint(report([bad, finding()], { problems: [unread], skipped: [skipped] }));
    expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="netsluice" tests="5" failures="1" errors="1" skipped="1">
  <testsuite name="k8s/web.yaml" tests="3" failures="1" errors="0" skipped="0">
    <testcase classname="k8s/web.yaml" name="rule-open-to-any-peer: NetworkPolicy shop/web at 9:5"><failure type="rule-open-to-any-peer" message="a &lt; b &amp; &quot;c&quot;">k8s/web.yaml:9:5: error rule-open-to-any-peer: a &lt; b &amp; &quot;c&quot;; name the peers in from</failure></testcase>
    <testcase classname="k8s/web.yaml" name="rule-open-to-any-peer: NetworkPolicy shop/web at 9:5"><system-out>k8s/web.yaml:9:5: warning rule-open-to-any-peer: everybody gets in on all ports; name the peers in from</system-out></testcase>
    <testcase classname="k8s/web.yaml" name="NetworkPolicy shop/clean"/>
  </testsuite>
  <testsuite name="k8s/bad.yaml" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="k8s/bad.yaml" name="read line 2"><error message="it is &lt;broken&gt; &amp; &quot;odd&quot;"/></testcase>
  </testsuite>
  <testsuite name="skipped rules" tests="1" failures="0" errors="0" skipped="1">
    <testcase classname="skipped rules" name="policy-selects-no-pods"><skipped message="the input does not hold the workloads that it looks at for 2 policies"/></testcase>
  </testsuite>
</testsuites>`);
  });

  test('the threshold decides, a waiver excuses, and no character breaks the XML', () => {
    const failures = (text: string): string | undefined => /failures="(\d+)"/.exec(text)?.[1];
    expect(failures(junitLint(report([finding()], { failOn: 'warning' })))).toBe('1');
    expect(failures(junitLint(report([finding({ waived: true })], { failOn: 'warning' })))).toBe('0');
    const text = junitLint(report([hostile, finding({ message: '\ud800\u0000\uffff' })]));
    expect(/[^\P{Cc}\n\t]|[\uFFFE\uFFFF]/u.test(text) || !text.isWellFormed()).toBe(false);
  });
});

describe('github', () => {
  test('escapes what would end the command', () => {
    expect(githubLint(report([hostile]))).toBe(
      '::warning file=a%3Ab%2C c%25.yaml,line=1,endLine=1,col=1,endColumn=2,title=rule-open-to-any-peer::' +
        '100%25 <bad>%0D%0A::error::x, "y" & \u001b[31m\u202e; name the peers in from',
    );
  });

  test('ten of a kind, worst first, and a notice that tells of the rest', () => {
    const many = (severity: Severity, count: number) =>
      Array.from({ length: count }, () => finding({ severity }));
    const lines = githubLint(
      report([...many('info', 12), ...many('warning', 11), ...many('error', 12), finding({ waived: true })], {
        problems: [unread],
      }),
    ).split('\n');
    const kinds = lines.map((line) => line.split(' ')[0]);
    expect(kinds).toEqual([
      ...Array.from({ length: 10 }, () => '::error'),
      ...Array.from({ length: 10 }, () => '::warning'),
      ...Array.from({ length: 10 }, () => '::notice'),
    ]);
    expect(lines[0]).toBe('::error file=k8s/bad.yaml,line=2,title=not read::it is <broken> & "odd"');
    expect(lines.at(-1)).toBe('::notice title=netsluice::7 more; -o sarif=FILE or -o json=FILE holds all');
  });

  test('nothing to say is nothing', () => {
    expect(githubLint(report([]))).toBe('');
  });
});

describe('markdown', () => {
  test('the worst first; nothing of the input is markup', () => {
    const bad = finding({
      severity: 'error',
      rule: 'egress-blocks-dns',
      message: '<img src=x> | [a](b) `c` @team *d*\n#1',
      advice: '',
      remedy: { steps: [], document: 0, prefix: '' },
    });
    const docs = 'https://docs.test/{rule}';
    const others = [finding({ waived: true }), finding({ known: true })];
    expect(
      markdownLint(report([finding(), bad, ...others], { docs, problems: [unread], skipped: [skipped] })),
    ).toBe(`<!-- netsluice lint -->
### netsluice lint: 1 error, 1 warning, 0 info

2 policies of 1 file, 1 waived, 1 known.

- not read: k8s/bad.yaml:2: it is &#60;broken&#62; &#38; "odd"

| | where | what | rule |
| --- | --- | --- | --- |
| ✖ error | k8s/web.yaml:9:5 | &#60;img src=x&#62; &#124; &#91;a&#93;(b) &#96;c&#96; &#64;team &#42;d&#42; &#35;1 (NetworkPolicy shop/web) | [egress-blocks-dns](<https://docs.test/egress-blocks-dns>) |
| ▲ warning | k8s/web.yaml:9:5 | everybody gets in on all ports; name the peers in from (NetworkPolicy shop/web) | [rule-open-to-any-peer](<https://docs.test/rule-open-to-any-peer>) |

\`netsluice lint --fix\` mends 1 of them.

1 rule skipped: the input does not hold the workloads they look at.`);
    expect(markdownLint(report([]))).toBe(
      '<!-- netsluice lint -->\n### netsluice lint: 0 errors, 0 warnings, 0 info\n\n2 policies of 1 file.',
    );
  });

  test('fits into a comment, whatever there is to say', () => {
    const long = finding({ message: '&'.repeat(900) });
    const problems = Array.from({ length: 3000 }, () => unread);
    const text = markdownLint(
      report(
        Array.from({ length: 3000 }, () => long),
        { problems },
      ),
    );
    expect(text.length).toBeLessThan(60_000);
    expect(text.length).toBeGreaterThan(50_000);
    expect(/^and (\d+) more; /m.exec(text)?.[1]).toBe(String(3000 - text.split('\n| ▲').length + 1));
    expect(text).toMatch(/^- and \d+ more that could not be read$/m);
  });
});

test('gitlab: every finding has a fingerprint of its own, waived ones are left out', () => {
  const issues = JSON.parse(
    gitlabLint(report([finding(), finding({ severity: 'error' }), finding({ waived: true })])),
  );
  const common = {
    description: 'everybody gets in on all ports; name the peers in from',
    check_name: 'rule-open-to-any-peer',
    location: { path: 'k8s/web.yaml', lines: { begin: 9 } },
  };
  expect(issues).toEqual([
    { ...common, fingerprint: '0123456789ab', severity: 'major' },
    { ...common, fingerprint: '0123456789ab-2', severity: 'critical' },
  ]);
  expect(gitlabLint(report([]))).toBe('[]');
});
