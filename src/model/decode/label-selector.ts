import { type Operator, type Requirement, type Selector, selectorOf } from '../selector.ts';
import { fail, fieldAt, isAbsent, itemsAt, type Place, textAt, textMapAt } from './value.ts';

const namePattern = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const prefixPattern = /^[a-z0-9][-a-z0-9.]{0,252}$/;

/** Reads a LabelSelector; null where it is absent, because absent and `{}` differ by position. */
export function selectorAt(place: Place): Selector | null {
  const selector = placedSelectorAt(place);
  if (selector === null) return null;
  return selectorOf(selector.requirements.map(({ key, operator, values }) => ({ key, operator, values })));
}

/** The same, with the place of each requirement. */
export function placedSelectorAt(place: Place): Selector | null {
  if (isAbsent(place)) return null;
  const requirements: Requirement[] = [];
  const labels = fieldAt(place, 'matchLabels');
  for (const [key, value] of textMapAt(labels)) {
    const item = { value: key, path: labels.path };
    const values = [labelValue({ ...item, value })];
    requirements.push({ key: labelKey(item), operator: 'In', values, place: 'labels' });
  }
  for (const [index, expression] of itemsAt(fieldAt(place, 'matchExpressions')).entries()) {
    requirements.push({ ...requirementAt(expression), place: index });
  }
  // A list that was grown into holds room for many, and policies stay.
  return selectorOf(requirements.slice());
}

function requirementAt(place: Place): Requirement {
  const key = labelKey(fieldAt(place, 'key'));
  const operator = operatorAt(fieldAt(place, 'operator'));
  const valuesPlace = fieldAt(place, 'values');
  const values = itemsAt(valuesPlace).map(labelValue);
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues && values.length === 0) {
    fail({ ...valuesPlace, value: null }, `${operator} needs at least one value`);
  }
  if (!wantsValues && values.length > 0) fail(valuesPlace, `${operator} takes no values`);
  return { key, operator, values };
}

function operatorAt(place: Place): Operator {
  const operator = textAt(place);
  switch (operator) {
    case 'In':
    case 'NotIn':
    case 'Exists':
    case 'DoesNotExist':
      return operator;
    default:
      return fail(place, 'it must be "In", "NotIn", "Exists" or "DoesNotExist"');
  }
}

/**
 * Keys and values are checked as the API server checks them, because the canonical text of a selector is only
 * unambiguous for labels that can exist.
 */
function labelKey(place: Place): string {
  const key = textAt(place) ?? '';
  const slash = key.indexOf('/');
  const prefixFits = slash < 0 || prefixPattern.test(key.slice(0, slash));
  if (!prefixFits || !namePattern.test(key.slice(slash + 1))) {
    fail(place, 'it must be a label key such as "app" or "app.kubernetes.io/name"');
  }
  return key;
}

function labelValue(place: Place): string {
  const value = textAt(place) ?? '';
  if (value !== '' && !namePattern.test(value)) {
    fail(place, 'it must be a label value: at most 63 letters, digits, "-", "_" or "."');
  }
  return value;
}
