import { recordName } from '../../dist/model/objects.js';
import { spreadOf } from './figures.mjs';

/**
 * From the moment at which the API server sent an event to the one from which reviews see it, in milliseconds. Only
 * what comes or goes counts: each name is used once, and without the event the world would be another.
 *
 * @param {object} given
 * @param {number} given.expiredAt when the watch of pods was made to expire
 */
export function lagsOf({ events, visibleAt, sent, expiredAt }) {
  const seen = new Map();
  events.forEach((event, i) => {
    const { kind } = event.type === 'put' ? event.object : event;
    const { namespace, name } = event.type === 'put' ? recordName(event.object) : event;
    const key = `${event.type} ${kind} ${namespace ?? ''}/${name}`;
    if (!seen.has(key)) seen.set(key, visibleAt[i]);
  });
  const all = sent.flatMap(({ event, kind, at }) => {
    const visible = seen.get(event);
    // A pod that came and went while the list was read is in no list.
    return visible === undefined ? [] : [{ kind, at, lag: visible - at }];
  });
  const after = all.filter(({ kind, at }) => kind === 'Pod' && at >= expiredAt);
  // All that happened to pods while the list was read becomes visible with it.
  const relisted = after.length === 0 ? expiredAt : Math.min(...after.map(({ at, lag }) => at + lag));
  const isDuring = ({ at }) => expiredAt > 0 && at >= expiredAt - 1000 && at <= relisted;
  return {
    steady: spreadOf(all.filter((each) => !isDuring(each)).map(({ lag }) => lag)),
    whileListing: spreadOf(all.filter(isDuring).map(({ lag }) => lag)),
    relistMs: expiredAt > 0 ? Math.round(relisted - expiredAt) : null,
  };
}
