/** A port that may be free: whoever listens on it must be ready to try another. */
export declare function anyLocalPort(): number;
