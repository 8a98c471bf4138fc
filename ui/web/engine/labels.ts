/** Words over the picture: floor names, alarm pins, window numbers, room names. HTML, set only where they do not collide. */
import type { XYZ } from '@/shared/api/types';
import type { MarkState } from '@/shared/components/marks';

export type LabelKind = 'floor' | 'pin' | 'window' | 'space' | 'end';
export interface Label {
  id: string;
  kind: LabelKind;
  at: XYZ;
  text: string;
  /** A second, quieter line. */
  note?: string;
  mark?: MarkState | null;
  chosen?: boolean;
  blink?: boolean;
  /** Placed first; always shown where the number is negative. */
  rank: number;
  /** Shown though a floor above hides its place. */
  through?: boolean;
  /** A click on it chooses this thing. */
  pick?: string;
}

interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}
/** No more words than this, however much is in sight. */
const MAX_SHOWN = 140;

export class Labels {
  readonly layer = document.createElement('div');
  private readonly elements = new Map<string, HTMLElement>();
  private list: readonly Label[] = [];
  private markOf: (state: MarkState) => SVGElement;

  constructor(markOf: (state: MarkState) => SVGElement, onPick: (id: string) => void) {
    this.layer.className = 'hall-labels';
    this.layer.setAttribute('aria-hidden', 'true'); // everything here stands in the page's lists as well
    this.markOf = markOf;
    this.layer.addEventListener('click', (event) => {
      const id = (event.target as Element).closest<HTMLElement>('[data-pick]')?.dataset.pick;
      if (id !== undefined) onPick(id);
    });
  }

  set(list: readonly Label[]): void {
    this.list = [...list].sort((a, b) => a.rank - b.rank);
    const wanted = new Set(list.map((label) => label.id));
    for (const [id, element] of this.elements) {
      if (wanted.has(id)) continue;
      element.remove();
      this.elements.delete(id);
    }
  }

  place(project: (at: XYZ) => { x: number; y: number; hidden: boolean }, width: number, height: number): void {
    const taken: Box[] = [];
    let shown = 0;
    for (const label of this.list) {
      const { x, y, hidden } = project(label.at);
      const must = label.rank < 0;
      const outside = x < -80 || y < -40 || x > width + 80 || y > height + 60;
      const box = boxOf(label, x, y);
      const free = !taken.some((other) => box.x0 < other.x1 && box.x1 > other.x0 && box.y0 < other.y1 && box.y1 > other.y0);
      if (outside || (!must && ((hidden && !label.through) || !free || shown >= MAX_SHOWN))) {
        this.elements.get(label.id)?.remove();
        this.elements.delete(label.id);
        continue;
      }
      taken.push(box);
      shown++;
      const element = this.elements.get(label.id) ?? this.make(label);
      this.fill(element, label);
      element.style.transform = `translate(${String(Math.round(x))}px, ${String(Math.round(y))}px)`;
    }
  }

  private make(label: Label): HTMLElement {
    const element = document.createElement('div');
    element.className = 'hall-label';
    element.dataset.kind = label.kind;
    this.elements.set(label.id, element);
    this.layer.append(element);
    return element;
  }

  private fill(element: HTMLElement, label: Label): void {
    const said = JSON.stringify([label.text, label.note, label.mark, label.chosen, label.blink]);
    if (element.dataset.said === said) return;
    element.dataset.said = said;
    element.toggleAttribute('data-chosen', label.chosen === true);
    element.toggleAttribute('data-blink', label.blink === true);
    if (label.pick !== undefined) element.dataset.pick = label.pick;
    const body = document.createElement('span');
    body.className = 'hall-label-body';
    if (label.mark !== undefined && label.mark !== null) body.append(this.markOf(label.mark));
    const words = document.createElement('span');
    words.textContent = label.text;
    body.append(words);
    if (label.note) {
      const note = document.createElement('small');
      note.textContent = label.note;
      body.append(note);
    }
    element.replaceChildren(body);
  }
}

/** Roughly how much room a label takes; wide characters count twice. */
function boxOf(label: Label, x: number, y: number): Box {
  const width = [...label.text].reduce((sum, character) => sum + (character.charCodeAt(0) > 0x2e80 ? 13 : 7), 0);
  if (label.kind === 'pin') return { x0: x - 16, y0: y - 62, x1: x + width + 26, y1: y - 34 };
  if (label.kind === 'floor') return { x0: x - 130, y0: y - 22, x1: x, y1: y + 22 };
  return { x0: x - width / 2 - 3, y0: y - 9, x1: x + width / 2 + 3, y1: y + 9 };
}
