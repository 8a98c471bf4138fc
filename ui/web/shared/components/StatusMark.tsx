import { FIGURE_Y, type MarkState, PRIORITY_SHAPES } from './marks';

/** One state: octagon 1, triangle 2, diamond 3, circle 4, ring with a bar, dotted ring with a hand, tick, dotted square. */
export function StatusMark({ state, size = 20, label }: { state: MarkState; size?: number; label?: string }) {
  return (
    <svg className="mark" viewBox="0 0 24 24" width={size} height={size} {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}>
      <Shape state={state} />
    </svg>
  );
}

function Shape({ state }: { state: MarkState }) {
  switch (state) {
    case 'offline':
      return <path d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.8 5.8l12.4 12.4" fill="none" stroke="var(--offline)" strokeWidth="2.5" />;
    case 'stale':
      return (
        <g fill="none" stroke="var(--stale)" strokeWidth="2.2">
          <circle cx="12" cy="12" r="9.5" strokeDasharray="3.3 2.67" />
          <path d="M12 7v5.5l3.2 1.9" strokeLinecap="round" />
        </g>
      );
    case 'ok':
      return <path d="M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM7.5 12.3l3.2 3.2 6-6.5" fill="none" stroke="var(--ok)" strokeWidth="2.2" />;
    case 'shelved':
      return (
        <g fill="none" stroke="var(--ink-3)" strokeWidth="2.2">
          <rect x="3" y="3" width="18" height="18" rx="2" strokeDasharray="3 2.5" />
          <path d="M9.5 8.5v7M14.5 8.5v7" />
        </g>
      );
    default:
      return (
        <>
          <path d={PRIORITY_SHAPES[state]} fill={`var(--p${String(state)})`} stroke="var(--p-edge)" strokeWidth="1.3" strokeLinejoin="round" />
          <text x="12" y={FIGURE_Y[state]} textAnchor="middle" fontSize="13.5" fontWeight="700" fill={`var(--on-p${String(state)})`}>
            {state}
          </text>
        </>
      );
  }
}
