// What the server puts before the text of phone/sw.js (blockmrs/controllers/field/offline.py).
declare const KEPT: KeptList;
