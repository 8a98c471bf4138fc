import { FIGURE_Y, type MarkState, PRIORITY_SHAPES, RING_SHAPES } from './marks';

/** One state: octagon 1, triangle 2, diamond 3, circle 4, ring with a bar, ring with a question mark, dotted ring with a hand, tick, dotted square. */
export function StatusMark({ state, size = 20, label }: { state: MarkState; size?: number; label?: string }) {
  return (
    <svg className="mark" viewBox="0 0 24 24" width={size} height={size} {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}>
      <Shape state={state} />
    </svg>
  );
}

function Shape({ state }: { state: MarkState }) {
  if (typeof state === 'string') {
    const { d, colour, dash } = RING_SHAPES[state];
    return <path d={d} fill="none" stroke={`var(--${colour})`} strokeWidth="2.3" strokeDasharray={dash} />;
  }
  return (
    <>
      <path d={PRIORITY_SHAPES[state]} fill={`var(--p${String(state)})`} stroke="var(--p-edge)" strokeWidth="1.3" strokeLinejoin="round" />
      <text x="12" y={FIGURE_Y[state]} textAnchor="middle" fontSize="13.5" fontWeight="700" fill={`var(--on-p${String(state)})`}>
        {state}
      </text>
    </>
  );
}
