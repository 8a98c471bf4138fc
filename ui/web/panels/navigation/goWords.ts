import { addWords } from '@/shared/i18n';
import en from './go.en.json';
import zh from './go.zh.json';
import './go.css';

addWords('goWay', { zh, en });
