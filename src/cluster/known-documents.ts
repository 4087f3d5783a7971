import type { Document } from 'yaml';

/** Files of one document that were parsed already, by their text, so that who edits them need not parse them again. */
export class KnownDocuments {
  private readonly byText = new Map<string, Document>();

  keep(text: string, document: Document): void {
    this.byText.set(text, document);
  }

  of(text: string): Document | null {
    return this.byText.get(text) ?? null;
  }
}
