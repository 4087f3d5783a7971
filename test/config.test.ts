import { expect, test } from '@jest/globals';
import { readServeConfig, serveOptionRows } from '../src/config.ts';

const files = { cert: 'tls.crt', key: 'tls.key' };

test('defaults, with only the certificate given', () => {
  expect(readServeConfig(files, {})).toEqual({
    config: {
      ...files,
      listen: { host: '0.0.0.0', port: 9443 },
      healthListen: { host: '0.0.0.0', port: 8081 },
      path: '/validate',
      clientName: [],
      tlsMinVersion: '1.3',
      snapshot: [],
      logLevel: 'info',
      drainMinSeconds: 10,
      drainMaxSeconds: 25,
      stepsMax: 2_000_000,
      deadlineMs: 100,
      certOverlapSeconds: 300,
      scan: 'off',
      events: 'off',
      reports: 'off',
    },
  });
});

test('flags win over the environment, the environment over defaults', () => {
  const env = {
    NETSLUICE_LISTEN: '[::1]:1',
    NETSLUICE_PATH: '/env',
    NETSLUICE_SNAPSHOT: 'a.yaml, b',
    POD_NAMESPACE: 'netsluice',
    KUBECONFIG: 'k',
    NETSLUICE_LOG_LEVEL: '',
    // The kubelet sets these for a Service named netsluice.
    NETSLUICE_PORT: 'tcp://10.0.0.1:443',
    NETSLUICE_SERVICE_HOST: '10.0.0.1',
  };
  expect(readServeConfig({ ...files, path: '/flag' }, env)).toMatchObject({
    config: {
      listen: { host: '::1', port: 1 },
      path: '/flag',
      snapshot: ['a.yaml', 'b'],
      ownNamespace: 'netsluice',
      kubeconfig: 'k',
      logLevel: 'info',
    },
  });
});

test.each([
  [
    { listen: 'x' },
    '--listen (or NETSLUICE_LISTEN) must be HOST:PORT with a port from 0 to 65535; it is "x".',
  ],
  [
    { listen: ':65536' },
    '--listen (or NETSLUICE_LISTEN) must be HOST:PORT with a port from 0 to 65535; it is ":65536".',
  ],
  [
    { stepsMax: '1e9' },
    '--steps-max (or NETSLUICE_STEPS_MAX) must be a whole number from 1000 to 1000000000; it is "1e9".',
  ],
  [
    { deadlineMs: '-1' },
    '--deadline-ms (or NETSLUICE_DEADLINE_MS) must be a whole number from 1 to 10000; it is "-1".',
  ],
  [
    { tlsMinVersion: '1.1' },
    '--tls-min-version (or NETSLUICE_TLS_MIN_VERSION) must be 1.2 or 1.3; it is "1.1".',
  ],
  [{ drainMinSeconds: '30' }, '--drain-min-seconds must not be more than --drain-max-seconds.'],
  [{ clientName: ['a'] }, '--client-name needs --client-ca: without it nobody shows a certificate.'],
  [
    { snapshot: ['a'], context: 'b' },
    '--snapshot and --context exclude each other: serve on manifests or on a cluster.',
  ],
  [{ lease: 'l' }, '--lease needs --own-namespace and --pod-name.'],
  [{ service: 's' }, '--service needs --own-namespace.'],
  [{ certSecret: 's', ownNamespace: 'n' }, '--cert-secret needs --service and --webhook-configuration.'],
  [
    { snapshot: ['a'], webhookConfiguration: 'w' },
    '--webhook-configuration needs a live cluster, not --snapshot.',
  ],
  [{ reports: 'on' }, '--reports needs --scan on.'],
  [{ snapshot: ['a'], events: 'on' }, '--events needs a live cluster, not --snapshot.'],
  [{ scan: 'yes' }, '--scan (or NETSLUICE_SCAN) must be on or off; it is "yes".'],
])('%j is refused', (flags, problem) => {
  expect(readServeConfig({ ...files, ...flags }, {})).toEqual({ problem });
});

test('a missing certificate is named with its variable', () => {
  expect(readServeConfig({ key: 'k' }, {})).toEqual({
    problem:
      '--cert (or NETSLUICE_CERT) is required: the certificate, PEM, leaf first; re-read when it changes.',
  });
});

test('every option has a meaning, an argument and a variable that the kubelet cannot set', () => {
  for (const row of serveOptionRows()) {
    expect(row.meaning).not.toBe('');
    expect(row.argument).not.toBe('');
    for (const variable of row.env) expect(variable).not.toMatch(/^NETSLUICE_(PORT|SERVICE)/);
  }
  expect(
    serveOptionRows()
      .filter((row) => row.required)
      .map((row) => row.flag),
  ).toEqual(['--cert', '--key']);
});
