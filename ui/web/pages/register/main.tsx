import './register.css';
import { startPage } from '@/shared/page';
import en from './en.json';
import { Register } from './Register';
import zh from './zh.json';

startPage({ zh, en }, <Register />, 'public');
