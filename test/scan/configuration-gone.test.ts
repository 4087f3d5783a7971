import { expect, test } from '@jest/globals';
import { eventObject } from '../../src/scan/event-object.ts';
import { configurationGoneEvent } from '../../src/scan/outlet.ts';

test('case 80: the Event about a deleted webhook configuration lies in the own namespace and says what to do', () => {
  const draft = configurationGoneEvent('netsluice-system', 'netsluice');
  const last = new Date('2026-03-01T12:00:00Z');
  expect(eventObject(draft, 'netsluice-0', { count: 1, last })).toMatchObject({
    metadata: { namespace: 'netsluice-system' },
    type: 'Warning',
    reason: 'WebhookConfigurationGone',
    action: 'Watch',
    regarding: { kind: 'Namespace', name: 'netsluice-system' },
    note:
      'The ValidatingWebhookConfiguration netsluice was deleted, so no policy is judged. ' +
      'Install it again; netsluice never makes it.',
  });
});
