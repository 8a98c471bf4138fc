/** The same marks as StatusMark draws, made without React for the labels over the picture. */
import { FIGURE_Y, PRIORITY_SHAPES, RING_SHAPES, type MarkState } from '@/shared/components/marks';

const SVG = 'http://www.w3.org/2000/svg';

function element(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function markSvg(state: MarkState, size = 20): SVGElement {
  const svg = element('svg', { class: 'mark', viewBox: '0 0 24 24', width: String(size), height: String(size) });
  if (typeof state === 'string') {
    const { d, colour, dash } = RING_SHAPES[state];
    svg.append(element('path', { d, fill: 'none', stroke: `var(--${colour})`, 'stroke-width': '2.3', 'stroke-dasharray': dash }));
    return svg;
  }
  const figure = element('text', { x: '12', y: String(FIGURE_Y[state]), 'text-anchor': 'middle', 'font-size': '13.5', 'font-weight': '700', fill: `var(--on-p${String(state)})` });
  figure.textContent = String(state);
  svg.append(element('path', { d: PRIORITY_SHAPES[state], fill: `var(--p${String(state)})`, stroke: 'var(--p-edge)', 'stroke-width': '1.3', 'stroke-linejoin': 'round' }), figure);
  return svg;
}
