import './login.css';
import { startPage } from '@/shared/page';
import en from './en.json';
import { Login } from './Login';
import zh from './zh.json';

startPage({ zh, en }, <Login />, 'public');
