import type { Change, Edit } from '../model/change.ts';
import type { Review, ReviewRequest } from '../model/review.ts';
import { answer } from './answer.ts';
import { type Asked, askedOf } from './change-of.ts';
import { judgeChange } from './judge-change.ts';
import { modesOf } from './modes.ts';
import type { ReviewContext } from './review-context.ts';
import type { Settings } from './settings.ts';
import { admittedWithout } from './short-answers.ts';

/**
 * Answers one request: decodes the change, lays it over the world, judges it and words the answer. Pure: the same
 * request, world and settings give the same answer. Throws only where the engine itself is wrong.
 */
export function review(request: ReviewRequest, context: ReviewContext): Review {
  if (request.subResource !== '') return admittedWithout(request, 'subresource');
  const exemption = exemptionOf(request, context.settings);
  if (exemption !== null) return admittedWithout(request, 'exempt', exemption);
  const asked = askedOf(request, context.world.profile);
  if (asked.kind !== 'change') return notAnalysed(request, asked);
  const namespace = context.world.namespace(request.namespace);
  // "Namespace deletion never blocked": its policies go with it, and there is nobody left to warn. New objects are
  // refused by the API server itself: "because it is being terminated".
  if (request.operation !== 'UPDATE' && namespace?.terminating === true)
    return admittedWithout(request, 'terminating');
  return analysed(request, asked.change, asked.edit, context);
}

function notAnalysed(request: ReviewRequest, asked: Exclude<Asked, { readonly kind: 'change' }>): Review {
  switch (asked.kind) {
    case 'unchanged':
      return admittedWithout(request, 'unchanged');
    case 'not-handled':
      return admittedWithout(
        request,
        'not-handled',
        `[not-handled] ${asked.why} is not analysed by netsluice`,
      );
    case 'unreadable':
      return admittedWithout(
        request,
        'unreadable-object',
        `[not-analysed] ${asked.path === '' ? 'the object' : asked.path} ${asked.problem}`,
      );
  }
}

/** Who is exempt by the settings, as the audit annotation says it; null for everybody else. */
function exemptionOf({ namespace, user }: ReviewRequest, { exempt }: Settings): string | null {
  if (exempt.namespaces.includes(namespace)) return `namespace ${namespace}`;
  if (exempt.usernames.includes(user.name)) return `user ${user.name}`;
  const group = user.groups.find((name) => exempt.groups.includes(name));
  return group === undefined ? null : `group ${group}`;
}

function analysed(request: ReviewRequest, change: Change, edit: Edit, context: ReviewContext): Review {
  const { world, settings, ownNamespace } = context;
  const namespace = edit.kind === 'namespace' ? ((edit.after ?? edit.before)?.name ?? '') : request.namespace;
  const modes = modesOf(namespace, world.namespaceLabels(namespace), settings, ownNamespace);
  const { judgement, partial, steps } = judgeChange(change, context);
  return answer({ request, context, edit, modes, judgement, namespace, partial, steps });
}
