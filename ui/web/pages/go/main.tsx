import { startPage } from '@/shared/page';
import en from './en.json';
import { GoPage } from './GoPage';
import zh from './zh.json';

startPage({ zh, en }, <GoPage />, 'public');
