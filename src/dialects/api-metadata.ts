import { fieldAt, itemsAt, type Place, textAt, textMapAt } from '../model/decode/value.ts';
import {
  bytesOf,
  generatedNameFaults,
  labelKeyFaults,
  labelValueFaults,
  subdomainFaults,
} from './api-names.ts';
import { type ApiRejection, invalid, required, type Spot, spotAt, tooLong } from './api-rejection.ts';

/** "TotalAnnotationSizeLimitB": keys and values together. */
const annotationBytesMax = 262_144;

/** What the server says of `metadata`. Expects what `shapeFaults` has found nothing in. */
export function metadataFaults(metadata: Place): readonly ApiRejection[] {
  return [
    ...nameFaults(metadata),
    ...labelFaults(fieldAt(metadata, 'labels')),
    ...annotationFaults(fieldAt(metadata, 'annotations')),
    ...itemsAt(fieldAt(metadata, 'ownerReferences')).flatMap(ownerFaults),
    ...itemsAt(fieldAt(metadata, 'finalizers')).flatMap(finalizerFaults),
  ];
}

/** "name or generateName is required". */
function nameFaults(metadata: Place): ApiRejection[] {
  const generate = fieldAt(metadata, 'generateName');
  const prefix = textAt(generate) ?? '';
  const generated =
    prefix === ''
      ? []
      : generatedNameFaults(prefix).map((fault) => invalid(spotAt(generate.path), prefix, fault));
  const place = fieldAt(metadata, 'name');
  const name = textAt(place) ?? '';
  if (name !== '') {
    const faults = subdomainFaults(name).map((fault) => invalid(spotAt(place.path), name, fault));
    return [...generated, ...faults];
  }
  const missing = required(spotAt(place.path), 'name or generateName is required', 'give it a name');
  return prefix === '' ? [missing] : generated;
}

/** Labels of an object, and `matchLabels` of a selector. The server names the map, and the key or the value. */
export function labelFaults(labels: Place): ApiRejection[] {
  return [...textMapAt(labels)].flatMap(([key, value]) => {
    const spot: Spot = { field: labels.path, at: `${labels.path}[${key}]` };
    return [
      ...labelKeyFaults(key).map((fault) => invalid(spot, key, fault)),
      ...labelValueFaults(value).map((fault) => invalid(spot, value, fault)),
    ];
  });
}

/** "The rule is QualifiedName except that case doesn't matter." */
function annotationFaults(annotations: Place): ApiRejection[] {
  let bytes = 0;
  const faults = [...textMapAt(annotations)].flatMap(([key, value]) => {
    bytes += bytesOf(key) + bytesOf(value);
    const spot: Spot = { field: annotations.path, at: `${annotations.path}[${key}]` };
    return labelKeyFaults(key.toLowerCase()).map((fault) => invalid(spot, key, fault));
  });
  if (bytes <= annotationBytesMax) return faults;
  return [...faults, tooLong(spotAt(annotations.path), `may not be more than ${annotationBytesMax} bytes`)];
}

function ownerFaults(owner: Place): ApiRejection[] {
  const wanted: readonly (readonly [string, string])[] = [
    ['apiVersion', 'version must not be empty'],
    ['kind', 'must not be empty'],
    ['name', 'must not be empty'],
    ['uid', 'must not be empty'],
  ];
  return wanted.flatMap(([key, fault]) => {
    const place = fieldAt(owner, key);
    // The server names the list once for all owners.
    const spot: Spot = { field: `${owner.path.replace(/\[\d+\]$/, '')}.${key}`, at: place.path };
    return textAt(place) ? [] : [invalid(spot, '', fault)];
  });
}

const standardFinalizers: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** The server names the list for what is wrong with the text, and the item for a name without a domain. */
function finalizerFaults(place: Place): ApiRejection[] {
  const text = textAt(place) ?? '';
  const spot: Spot = { field: place.path.replace(/\[\d+\]$/, ''), at: place.path };
  const faults = labelKeyFaults(text).map((fault) => invalid(spot, text, fault));
  if (text.includes('/') || standardFinalizers.includes(text)) return faults;
  const bare = 'name is neither a standard finalizer name nor is it fully qualified';
  return [...faults, invalid(spotAt(place.path), text, bare)];
}
