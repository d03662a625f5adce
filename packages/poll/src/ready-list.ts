/** What may stand in a {@link ReadyList}: in one list, at one place. */
export abstract class ReadyNode {
  next: ReadyNode | undefined;
  previous: ReadyNode | undefined;
  listed = false;

  /** Whether an event would be told now. Changes nothing. */
  abstract due(): boolean;
}

/**
 * What may have an event to tell, first come, first served. Nothing in it costs more when more is registered: a node links to its
 * neighbours, so that it is taken out of the middle at no cost, and stands in the list once however often it is put there.
 */
export class ReadyList<N extends ReadyNode> {
  #first: N | undefined;
  #last: N | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Puts `node` at the end, unless it stands here already. */
  push(node: N): void {
    if (node.listed) return;
    node.listed = true;
    node.previous = this.#last;
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.#length += 1;
  }

  shift(): N | undefined {
    const node = this.#first;
    if (node !== undefined) this.remove(node);
    return node;
  }

  remove(node: N): void {
    if (!node.listed) return;
    const { previous, next } = node as { previous: N | undefined; next: N | undefined };
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    node.listed = false;
    node.next = undefined;
    node.previous = undefined;
    this.#length -= 1;
  }

  /** Whether something in it is due; those before it, which are not any more, leave. */
  settle(): boolean {
    while (this.#first !== undefined) {
      if (this.#first.due()) return true;
      this.remove(this.#first);
    }
    return false;
  }
}
