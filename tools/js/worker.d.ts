// What the server puts before the text of phone/sw.js (blockmrs/controllers/field/kept.py).
declare const KEPT: KeptList;
