/** What some other part of the bundle does: it asks for the package with `require`. */
import library = require('nestjs-distributed-lock');

export = library;
