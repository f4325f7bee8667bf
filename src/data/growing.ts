/** An array of numbers that doubles its room when it is full. */
export class Growing<A extends Float64Array | Int32Array | Uint32Array> {
  length = 0
  private readonly make: new (
    length: number,
  ) => A
  private room: A

  constructor(make: new (length: number) => A) {
    this.make = make
    this.room = new make(256)
  }

  push(value: number): void {
    if (this.length === this.room.length) {
      const larger = new this.make(2 * this.length)
      larger.set(this.room)
      this.room = larger
    }
    this.room[this.length++] = value
  }

  finish(): A {
    return this.room.slice(0, this.length) as A
  }
}
