import { startPage } from '@/shared/page';
import en from './en.json';
import zh from './zh.json';

startPage({ zh, en }, <main />);
