import type { Ends, Rectangle } from '../impact/rectangle.ts';
import type { Edit } from '../model/change.ts';
import { sameLabels } from '../model/selector.ts';
import { isEmpty } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { placeOf } from './change-place.ts';
import { countText, isolationText } from './change-words.ts';
import { policiesBehind } from './related.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R64. New labels of a namespace, a pod or a pod template change which policies select its pods, or which peers match
 * them. No policy changed, so nobody looks: a label given to a namespace may open another one's database.
 */
export const labelChangeAltersPolicy: ChangeRule = {
  id: 'label-change-alters-policy',
  number: 'R64',
  title: 'A change of labels alters what policies allow',
  judges: 'change',
  severity: always('info'),
  confidence: 'certain',
  cure: 'none',
  needs: ['Pod', 'Namespace', 'NetworkPolicy'],
  restsOnVerdicts: true,
  cost: 'change',
  page: {
    why: `
      Policies select by labels. A label that a namespace, a pod or a template gains or loses changes
      which policies select its pods and which peers match them, though nobody touched a policy: a label
      given to one team's namespace may open another team's database.`,
    fix: `
      Keep the label, or change the policies along with it. Let peers select namespaces by
      \`kubernetes.io/metadata.name\`, which nobody can change, or by labels that only administrators
      may set.`,
    fine: `
      Silent where no policy speaks of the labels. An info otherwise, and a warning where pods lose
      their isolation or where connections across namespaces are admitted that were not before.`,
    platforms: '',
  },
  *check(input: ChangeInput): Iterable<Draft> {
    const { change, worlds, difference, impact } = input;
    if (!change.edits.some(isLabelChange)) return;
    const flips = difference.flips.filter(({ unit }) => isRelabelled(worlds, unit));
    const rectangles = difference.rectangles.filter((rectangle) => concerns(worlds, rectangle));
    if (flips.length === 0 && rectangles.length === 0) return;
    const freed = flips.some(({ effect }) => effect === 'freed');
    const gained = rectangles.some((item) => item.admittedNow && !isEmpty(item.gained));
    const opens = gained && impact.opened.across.count > 0;
    yield {
      key: '',
      at: placeOf(change),
      happens: [`the new labels ${effects(input) || 'change what policies allow'}`],
      advice: ['change the labels and the policies together'],
      affected: [],
      related: policiesBehind(rectangles, change, ['allows', 'stops-allowing', 'isolates', 'frees']),
      severity: always(freed || opens ? 'warning' : 'info'),
    };
  },
};

/** Creations and deletions are no change of labels. */
function isLabelChange(edit: Edit): boolean {
  if (edit.kind === 'policy' || edit.kind === 'record') return false;
  if (edit.before === null || edit.after === null) return false;
  if (edit.kind === 'workload') return !sameLabels(edit.before.template.labels, edit.after.template.labels);
  return !sameLabels(edit.before.labels, edit.after.labels);
}

/** Pods that are there before and after, and are seen differently. */
function isRelabelled({ before, after, moved }: Overlay, unit: number): boolean {
  return moved.has(unit) && before.unit(unit) !== undefined && after.unit(unit) !== undefined;
}

function concerns(worlds: Overlay, { sources, destinations, lost, gained, undecided }: Rectangle): boolean {
  if ([lost, gained, undecided].every(isEmpty)) return false;
  const relabelled = (ends: Ends): boolean =>
    ends.kind === 'units' &&
    ends.units
      .and(worlds.moved)
      .toArray()
      .some((id) => isRelabelled(worlds, id));
  return relabelled(sources) || relabelled(destinations);
}

/** What the whole change does, in counts; empty where all that changed is undecided or implied. */
function effects({ impact }: ChangeInput): string {
  const { blocked, opened, isolated, freed } = impact;
  const lost = blocked.declared.count > 0 ? blocked.declared.count : blocked.undeclared.count;
  const part = (text: string, verb: string): string => (text === '' ? '' : `${verb} ${text}`);
  const parts = [
    part(isolationText(freed), 'free'),
    opened.across.count > 0 ? `open ${countText(opened.across.count, 'connection')} across namespaces` : '',
    opened.inside.count > 0 ? `open ${opened.inside.count} inside one` : '',
    lost > 0 ? `block ${countText(lost, 'connection')}` : '',
    part(isolationText(isolated), 'isolate'),
  ];
  return parts.filter((text) => text !== '').join(', ');
}
