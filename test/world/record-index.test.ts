import { describe, expect, test } from '@jest/globals';
import {
  type ClusterObject,
  type PodRecord,
  recordName,
  type ServiceRecord,
} from '../../src/model/objects.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { parseAddress, parseCidr } from '../../src/sets/addresses.ts';
import { Catalog } from '../../src/world/catalog.ts';
import { PodTable } from '../../src/world/pod-table.ts';
import { type AddressKey, RecordIndexes, type RecordKey } from '../../src/world/record-index.ts';
import { type Json, namespace, recordOf, service } from '../support/build.ts';
import { randomFrom } from '../support/reference/random.ts';
import { sizesOf } from '../support/sizes.ts';

type Kept = Exclude<ClusterObject, PodRecord>;

/** A catalog and its indexes, told alike. */
class Told {
  readonly catalog = new Catalog(new PodTable(genericProfile));
  readonly indexes = new RecordIndexes(this.catalog);

  put(...objects: readonly ClusterObject[]): this {
    for (const object of objects) if (object.kind !== 'Pod') this.store(object);
    return this;
  }

  private store(object: Kept): void {
    this.indexes.changed(this.catalog.put(object), object);
  }

  remove(object: ClusterObject): void {
    const { namespace: space, name } = recordName(object);
    if (object.kind !== 'Pod') this.indexes.changed(this.catalog.remove(object.kind, space, name), undefined);
  }

  named(key: RecordKey<'Service'>, text: string): string[] {
    return [...this.indexes.byText(key, text)].map(({ name }) => name).sort();
  }

  within(cidr: string): string[] {
    const range = parseCidr(cidr)?.range;
    if (range === undefined) throw new Error(`${cidr} is no CIDR`);
    return [...this.indexes.within(byAddress, range)].map(
      ([, { namespace: space, name }]) => `${space}/${name}`,
    );
  }
}

const byLabel: RecordKey<'Service'> = {
  kind: 'Service',
  textsOf: ({ selector }: ServiceRecord) => [...(selector ?? [])].map(([key, value]) => `${key}=${value}`),
};

const byType: RecordKey<'Service'> = { kind: 'Service', textsOf: ({ type }: ServiceRecord) => [type] };

const byAddress: AddressKey<'Service'> = {
  kind: 'Service',
  addressesOf: ({ clusterAddresses }: ServiceRecord) =>
    clusterAddresses.flatMap((text) => parseAddress(text) ?? []),
};

const to = (fullName: string, selector: Json, more: Json = {}): ClusterObject =>
  recordOf(service(fullName, selector, ['80->8080'], more));

const at = (fullName: string, ...clusterIPs: string[]): ClusterObject =>
  to(fullName, { app: 'web' }, { clusterIP: clusterIPs[0], clusterIPs });

describe('by text', () => {
  const web = to('shop/web', { app: 'web', tier: 'front' });
  const api = to('shop/api', { app: 'api', tier: 'front' });
  const bare = recordOf({ ...service('shop/bare', {}, []), spec: { clusterIP: '10.96.0.9', ports: [] } });

  test('a record is found under each of its texts, and one without texts under none', () => {
    const told = new Told().put(web, api, bare, recordOf(namespace('shop')));
    expect(told.named(byLabel, 'app=web')).toEqual(['web']);
    expect(told.named(byLabel, 'tier=front')).toEqual(['api', 'web']);
    expect(told.named(byLabel, '')).toEqual([]);
    expect(told.named(byType, 'ClusterIP')).toEqual(['api', 'bare', 'web']);
  });

  test('it does not matter whether somebody asked before', () => {
    const told = new Told();
    expect(told.named(byLabel, 'tier=front')).toEqual([]);
    told.put(web, api);
    expect(told.named(byLabel, 'tier=front')).toEqual(['api', 'web']);
  });

  test('a record in the place of another is found where the new one belongs, and nowhere else', () => {
    const told = new Told().put(web, api);
    expect(told.named(byLabel, 'app=web')).toEqual(['web']);
    told.put(to('shop/web', { app: 'site', tier: 'front' }));
    expect(told.named(byLabel, 'app=web')).toEqual([]);
    expect(told.named(byLabel, 'app=site')).toEqual(['web']);
    expect(told.named(byLabel, 'tier=front')).toEqual(['api', 'web']);
  });

  test('what is found is the record that was told last, not an older one of the same name', () => {
    const told = new Told().put(web);
    expect(told.named(byLabel, 'app=web')).toEqual(['web']);
    const newer = to('shop/web', { app: 'web' });
    told.put(newer);
    expect([...told.indexes.byText(byLabel, 'app=web')]).toEqual([newer]);
  });

  test('a record that is gone is found nowhere, its neighbours still are', () => {
    const told = new Told().put(web, api);
    expect(told.named(byLabel, 'tier=front')).toEqual(['api', 'web']);
    told.remove(web);
    expect([told.named(byLabel, 'app=web'), told.named(byLabel, 'tier=front')]).toEqual([[], ['api']]);
  });
});

describe('by address', () => {
  test('in the order of addresses, both ends of the range included', () => {
    const told = new Told().put(at('a/three', '10.0.0.3'), at('a/one', '10.0.0.1'), at('a/two', '10.0.0.2'));
    expect(told.within('10.0.0.0/30')).toEqual(['a/one', 'a/two', 'a/three']);
    expect(told.within('10.0.0.2/31')).toEqual(['a/two', 'a/three']);
    expect(told.within('10.0.0.1/32')).toEqual(['a/one']);
    expect(told.within('10.0.0.4/30')).toEqual([]);
  });

  test('a record with several addresses in the range comes as often; the families lie apart', () => {
    const told = new Told().put(at('a/both', '10.0.0.1', 'fd00::1'), at('a/twice', '10.0.0.2', '10.0.0.3'));
    expect(told.within('0.0.0.0/0')).toEqual(['a/both', 'a/twice', 'a/twice']);
    expect(told.within('::/0')).toEqual(['a/both']);
  });

  test.each([
    ['asked before', true],
    ['asked afterwards', false],
  ])('equal addresses come by name, in whatever order they were told: %s', (_title, early) => {
    const told = new Told();
    if (early) expect(told.within('10.0.0.0/8')).toEqual([]);
    told.put(at('b/x', '10.0.0.1'), at('a/z', '10.0.0.1'), at('b/a', '10.0.0.1'), at('a/y', '10.0.0.1'));
    expect(told.within('10.0.0.0/8')).toEqual(['a/y', 'a/z', 'b/a', 'b/x']);
  });

  test('replacing and removing concern the one record alone', () => {
    const told = new Told().put(at('a/x', '10.0.0.1'), at('a/y', '10.0.0.1'));
    expect(told.within('10.0.0.0/8')).toEqual(['a/x', 'a/y']);
    told.put(at('a/x', '10.0.0.9'));
    expect([told.within('10.0.0.1/32'), told.within('10.0.0.9/32')]).toEqual([['a/y'], ['a/x']]);
    told.remove(at('a/y', '10.0.0.1'));
    expect(told.within('10.0.0.0/8')).toEqual(['a/x']);
  });
});

function randomService(rng: ReturnType<typeof randomFrom>): ClusterObject {
  const selector = Object.fromEntries(
    ['app', 'tier'].slice(rng.int(3)).map((key) => [key, `v${rng.int(3)}`]),
  );
  const clusterIPs = Array.from({ length: 1 + rng.int(2) }, () => `10.0.0.${rng.int(8)}`);
  return to(`ns-${rng.int(3)}/s-${rng.int(4)}`, selector, { clusterIP: clusterIPs[0], clusterIPs });
}

/** The catalog keeps a map for each kind that it ever had. */
function indexSizes({ indexes }: Told): readonly (readonly [path: string, size: number])[] {
  return Object.entries(sizesOf(indexes)).filter(([path]) => path.startsWith('world.by'));
}

test('after any events they find what a walk over all records finds, and nothing is left of what is gone', () => {
  let found = 0;
  for (let seed = 1; seed <= 50; seed += 1) {
    const rng = randomFrom(seed);
    const told = new Told();
    const empty = new Told();
    for (const each of [told, empty])
      expect([each.named(byLabel, ''), each.within('10.0.0.0/8')]).toEqual([[], []]);
    for (let step = 0; step < 40; step += 1) {
      if (rng.int(3) === 0) told.remove(randomService(rng));
      else told.put(randomService(rng));
      const all = [...told.catalog.all('Service')];
      const text = `app=v${rng.int(3)}`;
      const texts = all.filter((record) => byLabel.textsOf(record).includes(text));
      expect({ seed, found: told.named(byLabel, text) }).toEqual({
        seed,
        found: texts.map(({ name }) => name).sort(),
      });
      const held = all.flatMap((record) =>
        byAddress.addressesOf(record).map((address) => ({ record, address })),
      );
      const names = held
        .map(({ record, address }) => `${address} ${record.namespace}/${record.name}`)
        .sort()
        .map((line) => line.slice(line.indexOf(' ') + 1));
      expect({ seed, within: told.within('10.0.0.0/29') }).toEqual({ seed, within: names });
      found += texts.length;
    }
    for (const record of [...told.catalog.all('Service')]) told.remove(record);
    expect({ seed, sizes: indexSizes(told) }).toEqual({ seed, sizes: indexSizes(empty) });
  }
  expect(found).toBeGreaterThan(1000);
});
