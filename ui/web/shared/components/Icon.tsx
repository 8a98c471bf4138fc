import { ICONS, type IconName } from './icons';

/** An icon is decoration: a word stands beside it, or its button has an aria-label. */
export function Icon({ name, size }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" {...(size && { style: { width: size, height: size } })}>
      <path d={ICONS[name]} />
    </svg>
  );
}
