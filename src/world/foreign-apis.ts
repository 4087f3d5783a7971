/** Counts objects of policy APIs that are not analysed, by the namespace they could govern. */
export class ForeignApis {
  private readonly counts = new Map<string, Map<string, number>>();

  /** A cluster-scoped object (null) could govern "every pod", a namespaced one every pod of its namespace. */
  add(namespace: string | null, api: string): void {
    const apis = this.counts.get(namespace ?? '') ?? new Map<string, number>();
    apis.set(api, (apis.get(api) ?? 0) + 1);
    this.counts.set(namespace ?? '', apis);
  }

  remove(namespace: string | null, api: string): void {
    const apis = this.counts.get(namespace ?? '');
    const left = (apis?.get(api) ?? 0) - 1;
    if (left > 0) apis?.set(api, left);
    else apis?.delete(api);
    if (apis?.size === 0) this.counts.delete(namespace ?? '');
  }

  get any(): boolean {
    return this.counts.size > 0;
  }

  /** The name of an API that could govern pods of the namespace, or null. */
  governing(namespace: string): string | null {
    const names = [...(this.counts.get('')?.keys() ?? []), ...(this.counts.get(namespace)?.keys() ?? [])];
    return names.sort()[0] ?? null;
  }
}
