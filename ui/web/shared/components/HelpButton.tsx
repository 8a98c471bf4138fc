import { useT } from '@/shared/i18n';
import { Icon } from './Icon';

/** Help never moves: same place, same word, same colour on every page. */
export function HelpButton({ onPress }: { onPress: () => void }) {
  const t = useT();
  return (
    <button type="button" className="btn help-button" data-kind="primary" data-size="large" onClick={onPress}>
      <Icon name="help" />
      {t('help')}
    </button>
  );
}
