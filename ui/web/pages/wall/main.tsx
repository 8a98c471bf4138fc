import { startPage } from '@/shared/page';
import en from './en.json';
import zh from './zh.json';
import { Wall } from './Wall';

startPage({ zh, en }, <Wall />, 'public');
