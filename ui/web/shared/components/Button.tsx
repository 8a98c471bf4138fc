import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Icon } from './Icon';
import type { IconName } from './icons';

export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger' | 'danger-fill' | 'mine';
interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: ButtonKind;
  size?: 'large';
  icon?: IconName;
  /** A reason why it cannot be pressed now: shown, read out, and the button stays focusable. */
  missing?: string | undefined;
  children?: ReactNode;
}

/** The browser's own button, dressed. With an icon alone, give it an aria-label. */
export function Button({ kind = 'plain', size, icon, missing, children, onClick, title, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      className={`btn ${rest.className ?? ''}`}
      data-kind={kind}
      data-size={size}
      data-icon={icon && !children ? '' : undefined}
      aria-disabled={missing ? true : rest['aria-disabled']}
      title={missing ?? title}
      onClick={missing ? (event) => { event.preventDefault(); } : onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
      {missing && <span className="sr-only">{missing}</span>}
    </button>
  );
}
