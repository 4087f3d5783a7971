/** Names in order. Coming and going costs a search and a shift of what follows. */
export class SortedNames {
  private readonly names: string[] = [];

  get sorted(): readonly string[] {
    return this.names;
  }

  insert(name: string): void {
    this.names.splice(this.placeOf(name), 0, name);
  }

  remove(name: string): void {
    this.names.splice(this.placeOf(name), 1);
  }

  /** Where a name stands, or would stand. */
  private placeOf(name: string): number {
    let low = 0;
    let high = this.names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.names[middle] ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
